/**
 * What the palette finds: pages and actions at once, workflows and rules from their lists, a run or a job by its id.
 *
 * Lists are read when the palette opens and shared with their pages; while they are on their way the rest is there.
 */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { History, ListChecks, Pencil, Workflow, Zap } from 'lucide-react'

import { useAbilities } from '../../access/useCan'
import { jobQuery, runQuery, workflowsQuery } from '../../api/queries'
import { rulesQuery } from '../../api/rules'
import { actionCommands, idIn, placeCommands, type Command } from './commands'
import { best, matching } from './match'

const SHOWN = 8

interface Found {
  commands: Command[]
  looking: boolean
}

export function useCommands(typed: string, help: () => void): Found {
  const navigate = useNavigate()
  const can = useAbilities()
  const go = (to: string) => void navigate({ to })
  const byId = useById(idIn(typed))
  const named = useNamed(typed)
  if (idIn(typed) !== null) return byId
  const pages = matching(typed, placeCommands(go, can))
  const actions = matching(typed, actionCommands(go, help, can))
  // Without anything typed the pages are the map; with something, the group with the best answer comes first.
  const groups = [pages, named.commands, actions]
  const commands = typed.trim()
    ? groups.toSorted((a, b) => bestOf(typed, b) - bestOf(typed, a)).flat()
    : [...pages, ...actions]
  return { commands, looking: named.looking }
}

function bestOf(typed: string, [first]: readonly Command[]): number {
  return first ? (best(typed, first) ?? 0) : 0
}

function useNamed(typed: string): Found {
  const navigate = useNavigate()
  const can = useAbilities()
  const workflows = useInfiniteQuery(workflowsQuery())
  const rules = useInfiniteQuery(rulesQuery())
  const ofWorkflows = workflows.data?.pages.flatMap((page) => page.items) ?? []
  const ofRules = rules.data?.pages.flatMap((page) => page.items) ?? []
  const found = matching(typed, [
    ...ofWorkflows.map((workflow): Command => ({
      key: `workflow ${workflow.name}`,
      group: 'Workflows and rules',
      title: workflow.title || workflow.name,
      aside: workflow.name,
      words: workflow.name,
      Icon: Workflow,
      run: () => void navigate({ to: '/workflows/$name', params: { name: workflow.name } }),
    })),
    ...(can('workflows', 'editor') ? ofWorkflows : []).map((workflow): Command => ({
      key: `edit ${workflow.name}`,
      group: 'Workflows and rules',
      title: `Edit ${workflow.title || workflow.name}`,
      words: workflow.name,
      Icon: Pencil,
      run: () => void navigate({ to: '/workflows/$name/edit', params: { name: workflow.name } }),
    })),
    ...ofRules.map((rule): Command => ({
      key: `rule ${rule.name}`,
      group: 'Workflows and rules',
      title: rule.title || rule.name,
      aside: 'rule',
      words: rule.name,
      Icon: Zap,
      run: () => void navigate({ to: '/rules/$name', params: { name: rule.name } }),
    })),
  ])
  return { commands: found.slice(0, SHOWN), looking: workflows.isPending || rules.isPending }
}

function useById(id: string | null): Found {
  const navigate = useNavigate()
  const asked = { enabled: id !== null, retry: false }
  const run = useQuery({ ...runQuery(id ?? ''), ...asked })
  const job = useQuery({ ...jobQuery(id ?? ''), ...asked })
  const commands: Command[] = []
  if (run.data && run.data.id === id) {
    commands.push({
      key: 'run',
      group: 'By id',
      title: `Run of ${run.data.workflow}`,
      aside: run.data.state.toLowerCase(),
      Icon: History,
      run: () => void navigate({ to: '/runs/$id', params: { id: run.data.id } }),
    })
  }
  if (job.data && job.data.id === id) {
    commands.push({
      key: 'job',
      group: 'By id',
      title: `Job ${job.data.kind}`,
      aside: job.data.state.toLowerCase(),
      Icon: ListChecks,
      run: () => void navigate({ to: '/jobs/$id', params: { id: job.data.id } }),
    })
  }
  return { commands, looking: id !== null && (run.isPending || job.isPending) }
}
