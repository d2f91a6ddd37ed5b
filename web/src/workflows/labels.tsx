/** Small labels of a workflow, the same wherever it is named. */
export function VersionTag({ version }: { version: number }) {
  return (
    <span
      title={`Version ${version}`}
      className="shrink-0 rounded border border-line px-1 text-[11px] leading-4 text-ink-faint tabular-nums"
    >
      v{version}
    </span>
  )
}

export function Off() {
  return (
    <span className="shrink-0 rounded bg-raised px-1.5 text-[11px] leading-4 font-medium text-ink-soft">
      switched off
    </span>
  )
}
