/** What a workflow is called: its title, or its name when it has none (the API gives an empty title then). */
import type { Workflow } from '../api/types'

export function titleOf(workflow: Workflow): string {
  return workflow.title || workflow.definition.title || workflow.name
}
