/** A named value (input, output) as a tree, and an error in its own words. Nothing is shown for nothing. */
import type { HoldfastError, Json } from '../api/types'
import { JsonTree } from '../ui/JsonTree'

export function Value({ name, value }: { name: string; value: Json | undefined }) {
  if (value === undefined || value === null) return null
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-ink-soft">{name}</h3>
      <JsonTree value={value} label={name.toLowerCase()} />
    </section>
  )
}

export function ErrorValue({ error }: { error: HoldfastError | null }) {
  if (!error) return null
  const { type, message, ...rest } = error
  return (
    <section data-tone="failure" className="rounded-md bg-tone-soft p-3 text-tone">
      <h3 className="text-xs font-semibold">{type ?? 'error'}</h3>
      <p className="mt-0.5 font-mono text-xs break-words whitespace-pre-wrap">{message}</p>
      {Object.keys(rest).length > 0 && (
        <div className="mt-2 text-ink">
          <JsonTree value={rest as { [key: string]: Json }} label="error" />
        </div>
      )}
    </section>
  )
}
