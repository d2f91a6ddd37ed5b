import { Page } from '../ui/Page'

export function EditorPage() {
  return <Page title="Editor">{null}</Page>
}

export function NewWorkflowPage() {
  return <Page title="New workflow">{null}</Page>
}
