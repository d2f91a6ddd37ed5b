/** The editor's frame while the workflow and the kinds are on their way. */
import '../canvas/edit.css'

export function Loading({ title }: { title: string }) {
  return (
    <div role="status" aria-label={`Loading ${title}`} className="editor flex min-h-0 flex-1 flex-col">
      <div className="flex h-11 items-center gap-3 border-b border-line bg-panel px-3">
        <span className="h-3 w-40 animate-pulse rounded bg-raised" />
      </div>
      <div className="flex-1 bg-canvas" />
    </div>
  )
}
