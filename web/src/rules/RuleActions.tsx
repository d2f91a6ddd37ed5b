/** What can be done with a rule beside editing it: fire it, see its firings, delete it. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Ellipsis, History, Play, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { deleteRule, type Rule } from '../api/rules'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'
import { useToast } from '../ui/Toasts'
import { FireDialog } from './FireDialog'

interface Props {
  rule: Rule
  onDeleted?: () => void
}

export function RuleActions({ rule, onDeleted }: Props) {
  const [asked, ask] = useState<'fire' | 'delete' | null>(null)
  const navigate = useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const mayDelete = useCan('automation-rules', 'editor')
  const remove = async () => {
    await deleteRule(rule.id)
    toast.done(`Deleted ${rule.name}`)
    onDeleted?.()
    await client.invalidateQueries({ queryKey: ['rules'] })
  }
  const firings = () => void navigate({ to: '/deliveries', search: { rule: rule.name } })
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" aria-label={`Actions of ${rule.name}`} className="!px-1.5">
            <Ellipsis size={15} aria-hidden />
          </Button>
        }
      >
        <Allowed area="automation-rules" role="operator">
          <MenuItem Icon={Play} disabled={!rule.enabled} onSelect={() => ask('fire')}>
            Fire now…
          </MenuItem>
        </Allowed>
        <MenuItem Icon={History} onSelect={firings}>
          Its firings
        </MenuItem>
        {mayDelete && (
          <>
            <MenuLine />
            <MenuItem Icon={Trash2} danger onSelect={() => ask('delete')}>
              Delete…
            </MenuItem>
          </>
        )}
      </Menu>
      <FireDialog rule={rule} open={asked === 'fire'} onOpenChange={() => ask(null)} />
      <Confirm
        open={asked === 'delete'}
        onOpenChange={() => ask(null)}
        danger
        title={`Delete ${rule.name}?`}
        description="It doesn’t act any more. Its name is free again; its firings stay until their retention."
        action="Delete"
        onConfirm={remove}
      />
    </>
  )
}
