/** The versions of a workflow, newest first; the chosen one is compared with another, the one before it at first. */
import type { SavedVersion } from '../api/versions'
import { Ago } from '../ui/Ago'
import { VersionTag } from '../workflows/labels'

interface Props {
  versions: readonly SavedVersion[]
  newest: number
  from: number | null
  to: number
  onChoose: (version: number) => void
}

export function VersionList({ versions, newest, from, to, onChoose }: Props) {
  return (
    <ol aria-label="Versions, newest first" className="divide-y divide-line">
      {versions.map((version) => (
        <li key={version.version}>
          <button
            type="button"
            aria-current={version.version === to}
            onClick={() => onChoose(version.version)}
            className="block w-full space-y-0.5 px-4 py-2.5 text-left hover:bg-raised focus-visible:-outline-offset-2 aria-[current=true]:bg-accent-soft"
          >
            <span className="flex items-center gap-2">
              <VersionTag version={version.version} />
              <span
                className={`min-w-0 flex-1 truncate ${version.message ? 'font-medium' : 'text-ink-faint'}`}
              >
                {version.message || 'No message'}
              </span>
              {version.version === newest && <Mark>newest</Mark>}
              {version.version === from && <Mark>compared with</Mark>}
            </span>
            <span className="flex items-center gap-2 text-xs text-ink-soft">
              {version.author && (
                <>
                  <span className="min-w-0 truncate">{version.author}</span>
                  <span aria-hidden>·</span>
                </>
              )}
              <Ago at={version.created_at} />
            </span>
          </button>
        </li>
      ))}
    </ol>
  )
}

function Mark({ children }: { children: string }) {
  return (
    <span className="shrink-0 rounded bg-raised px-1.5 text-[11px] leading-4 font-medium text-ink-soft">
      {children}
    </span>
  )
}
