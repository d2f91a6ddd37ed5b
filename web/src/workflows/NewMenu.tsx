/** Begins a workflow: blank, from a packaged sample, or from a text that somebody brings. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { FileUp, Plus, Square } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'

import { useCan } from '../access/useCan'
import { samplesQuery } from '../api/samples'
import { forgetHandedOver } from '../editor/handover'
import { Button } from '../ui/Button'
import { Menu, MenuItem, MenuLine, MenuTitle } from '../ui/Menu'

const ImportDialog = lazy(async () => ({ default: (await import('./ImportDialog')).ImportDialog }))

export function NewMenu() {
  const [importing, askForText] = useState(false)
  const navigate = useNavigate()
  const mayMake = useCan('workflows', 'editor')
  const begin = (sample?: string) => {
    forgetHandedOver()
    void navigate({ to: '/new', search: { sample } })
  }
  if (!mayMake) return null
  return (
    <>
      <Menu
        trigger={
          <Button look="primary">
            <Plus size={14} aria-hidden /> New workflow
          </Button>
        }
      >
        <MenuItem Icon={Square} onSelect={() => begin()}>
          Blank workflow
        </MenuItem>
        <MenuItem Icon={FileUp} onSelect={() => askForText(true)}>
          Import YAML or JSON…
        </MenuItem>
        <MenuLine />
        <Samples onChoose={begin} />
      </Menu>
      {importing && (
        <Suspense fallback={null}>
          <ImportDialog onClose={() => askForText(false)} />
        </Suspense>
      )}
    </>
  )
}

function Samples({ onChoose }: { onChoose: (name: string) => void }) {
  const samples = useQuery(samplesQuery())
  if (samples.isPending) return <MenuTitle>Loading the samples…</MenuTitle>
  if (samples.isError) return <MenuTitle>The samples can’t be read</MenuTitle>
  return (
    <>
      <MenuTitle>From a sample</MenuTitle>
      {samples.data.items.map((sample) => (
        <MenuItem key={sample.name} onSelect={() => onChoose(sample.name)}>
          <span className="min-w-0">
            <span className="block truncate">{sample.title || sample.name}</span>
            <span className="line-clamp-1 text-xs text-ink-faint">{sample.description}</span>
          </span>
        </MenuItem>
      ))}
    </>
  )
}
