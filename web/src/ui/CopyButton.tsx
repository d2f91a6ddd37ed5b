/** Copies a text and says so. Where the browser refuses (plain http elsewhere), it says that it didn't. */
import { Check, Copy, X } from 'lucide-react'
import { useEffect, useState } from 'react'

const SHOWN = 1_500

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [told, tell] = useState<'copied' | 'refused' | null>(null)
  useEffect(() => {
    if (!told) return
    const timer = setTimeout(() => tell(null), SHOWN)
    return () => clearTimeout(timer)
  }, [told])
  const copy = () => {
    write(text).then(
      () => tell('copied'),
      () => tell('refused'),
    )
  }
  const Icon = told === 'copied' ? Check : told === 'refused' ? X : Copy
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={label}
      title={label}
      className="inline-flex shrink-0 items-center rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
    >
      <Icon size={13} aria-hidden />
      <span role="status" className="sr-only">
        {told === 'copied' ? 'Copied' : told === 'refused' ? 'The browser refused to copy' : ''}
      </span>
    </button>
  )
}

/** Async, so that a missing `navigator.clipboard` is a rejection like any other. */
async function write(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}
