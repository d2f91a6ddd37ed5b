/** What a key is narrowed to: for each area nothing, reading, or writing too. */
import type { UseQueryResult } from '@tanstack/react-query'

import { ErrorState, Skeleton } from '../ui/states'
import { offersOf, type AreaOffer, type Extent, type Extents } from './scopes'

const LABELS: Record<Extent, string> = { none: 'None', read: 'Read', write: 'Write' }

interface Props {
  known: UseQueryResult<string[]>
  extents: Extents
  onChange: (extents: Extents) => void
}

export function ScopePicker({ known, extents, onChange }: Props) {
  if (known.isPending) return <Skeleton rows={3} />
  if (known.isError) return <ErrorState error={known.error} retry={() => void known.refetch()} />
  return (
    <div className="max-h-64 shrink-0 divide-y divide-line overflow-y-auto rounded-md border border-line">
      {offersOf(known.data).map((offer) => (
        <AreaLine
          key={offer.area}
          offer={offer}
          value={extents[offer.area] ?? 'none'}
          onChange={(extent) => onChange({ ...extents, [offer.area]: extent })}
        />
      ))}
    </div>
  )
}

interface LineProps {
  offer: AreaOffer
  value: Extent
  onChange: (value: Extent) => void
}

function AreaLine({ offer: { area, extents }, value, onChange }: LineProps) {
  return (
    <div role="radiogroup" aria-label={area} className="flex items-center gap-3 px-3 py-1">
      <span aria-hidden className="min-w-0 flex-1 truncate">
        {area.replaceAll('-', ' ')}
      </span>
      {extents.map((extent) => (
        <label
          key={extent}
          className="flex cursor-pointer items-center gap-1.5 text-xs text-ink-soft has-checked:text-ink"
        >
          <input
            type="radio"
            name={`scope ${area}`}
            checked={value === extent}
            onChange={() => onChange(extent)}
            className="size-3.5 accent-[var(--accent-solid)]"
          />
          {LABELS[extent]}
        </label>
      ))}
    </div>
  )
}
