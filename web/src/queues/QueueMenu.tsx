/** What else can be done with a queue: see its jobs and dead letters, say how long ended jobs are kept. */
import { useNavigate } from '@tanstack/react-router'
import { Archive, Ellipsis, ListChecks, Skull } from 'lucide-react'

import { Allowed } from '../access/Allowed'
import type { Queue } from '../api/queues'
import { Button } from '../ui/Button'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'

export function QueueMenu({ queue, onRetention }: { queue: Queue; onRetention: () => void }) {
  const navigate = useNavigate()
  const search = { state: undefined, queue: queue.name }
  return (
    <Menu
      trigger={
        <Button look="quiet" aria-label={`Actions on ${queue.name}`} className="!h-7 !px-2">
          <Ellipsis size={15} aria-hidden />
        </Button>
      }
    >
      <MenuItem Icon={ListChecks} onSelect={() => void navigate({ to: '/jobs', search })}>
        Show its jobs
      </MenuItem>
      <MenuItem Icon={Skull} onSelect={() => void navigate({ to: '/dead', search: { queue: queue.name } })}>
        Show its dead letters
      </MenuItem>
      <Allowed area="queues" role="instance">
        <MenuLine />
        <MenuItem Icon={Archive} onSelect={onRetention}>
          How long ended jobs are kept…
        </MenuItem>
      </Allowed>
    </Menu>
  )
}
