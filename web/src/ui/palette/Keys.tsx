/** Keys of the keyboard, one after the other. */
import { modKey } from './shortcuts'

export function Keys({ keys }: { keys: readonly string[] }) {
  return (
    <span className="inline-flex shrink-0 gap-1">
      {keys.map((key, index) => (
        <kbd
          key={index}
          className="min-w-5 rounded border border-line-strong bg-raised px-1 text-center font-sans text-[11px] leading-[18px] text-ink-soft"
        >
          {key === 'Mod' ? modKey(navigator.userAgent) : key}
        </kbd>
      ))}
    </span>
  )
}
