/** How far many things are, as a bar: done well, failed, and going. The numbers stand beside it as text. */
interface Props {
  items: { total: number; done: number; failed: number; live: number }
  className?: string
}

export function Progress({ items, className = 'h-1' }: Props) {
  const share = (count: number) => `${(100 * count) / Math.max(1, items.total)}%`
  return (
    <div aria-hidden className={`flex overflow-hidden rounded-full bg-raised ${className}`}>
      <span
        data-tone="success"
        className="bg-tone-mark"
        style={{ width: share(items.done - items.failed) }}
      />
      <span data-tone="failure" className="bg-tone-mark" style={{ width: share(items.failed) }} />
      <span data-tone="running" className="bg-tone-mark opacity-60" style={{ width: share(items.live) }} />
    </div>
  )
}
