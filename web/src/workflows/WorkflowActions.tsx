/** What can be done to one workflow, as a menu; the same in the list and on its page. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Braces, Copy, FileText, History, Pencil, Power, PowerOff, Trash2 } from 'lucide-react'
import { useState } from 'react'

import { useCan } from '../access/useCan'
import type { Workflow } from '../api/types'
import { deleteWorkflow, switchWorkflow } from '../api/workflows'
import { handOver } from '../editor/handover'
import { Confirm } from '../ui/Confirm'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'
import { useToast } from '../ui/Toasts'
import { useMutate } from '../ui/useMutate'
import { Dots } from './Dots'
import { duplicateOf } from './duplicate'
import { exportFile, type Format } from './exportFile'
import { titleOf } from './title'

interface Props {
  workflow: Workflow
  /** Names that a copy can't have, as far as they are known. */
  taken: readonly string[]
  /** Whether the page of the workflow itself shows it: then it leaves after a deletion. */
  own?: boolean
}

const KEYS = [['workflows']] as const

export function WorkflowActions({ workflow, taken, own = false }: Props) {
  const [deleting, askToDelete] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const params = { name: workflow.name }
  const toggle = useSwitch()
  const mayChange = useCan('workflows', 'editor')
  const duplicate = () => {
    handOver(duplicateOf(workflow.definition, [workflow.name, ...taken]))
    void navigate({ to: '/new', search: {} })
  }
  const save = (format: Format) => {
    exportFile(workflow.definition, format).catch((error: unknown) => toast.failed(error))
  }
  return (
    <>
      <Menu trigger={<Dots label={`Actions of ${titleOf(workflow)}`} />}>
        {!own && mayChange && (
          <MenuItem
            Icon={Pencil}
            onSelect={() => void navigate({ to: '/workflows/$name/edit', params, search: {} })}
          >
            Edit
          </MenuItem>
        )}
        <MenuItem
          Icon={History}
          onSelect={() => void navigate({ to: '/workflows/$name/versions', params, search: {} })}
        >
          Versions
        </MenuItem>
        {mayChange && (
          <MenuItem Icon={Copy} onSelect={duplicate}>
            Duplicate
          </MenuItem>
        )}
        <MenuItem Icon={FileText} onSelect={() => save('yaml')}>
          Export as YAML
        </MenuItem>
        <MenuItem Icon={Braces} onSelect={() => save('json')}>
          Export as JSON
        </MenuItem>
        {mayChange && (
          <>
            <MenuLine />
            <MenuItem Icon={workflow.enabled ? PowerOff : Power} onSelect={() => toggle.start(workflow)}>
              {workflow.enabled ? 'Switch off' : 'Switch on'}
            </MenuItem>
            <MenuItem Icon={Trash2} danger onSelect={() => askToDelete(true)}>
              Delete…
            </MenuItem>
          </>
        )}
      </Menu>
      <DeleteQuestion workflow={workflow} open={deleting} onOpenChange={askToDelete} own={own} />
    </>
  )
}

export function useSwitch() {
  return useMutate({
    run: (workflow: Workflow) => switchWorkflow(workflow.name, !workflow.enabled),
    keys: KEYS,
    done: (workflow) => `${titleOf(workflow)} is switched ${workflow.enabled ? 'on' : 'off'}`,
  })
}

interface QuestionProps {
  workflow: Workflow
  open: boolean
  onOpenChange: (open: boolean) => void
  own: boolean
}

function DeleteQuestion({ workflow, open, onOpenChange, own }: QuestionProps) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const toast = useToast()
  const remove = async () => {
    await deleteWorkflow(workflow.name)
    toast.done(`Deleted ${titleOf(workflow)}`)
    if (own) await navigate({ to: '/', search: {} })
    for (const noun of ['workflows', 'version', 'saved-version']) {
      client.removeQueries({ queryKey: [noun, workflow.name] })
    }
    await client.invalidateQueries({ queryKey: ['workflows'], exact: true })
  }
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title={`Delete ${titleOf(workflow)}?`}
      description="Its triggers stop and its webhook addresses answer nothing any more. Runs and their history stay; runs under way go on. The name is free again."
      action="Delete"
      danger
      onConfirm={remove}
    />
  )
}
