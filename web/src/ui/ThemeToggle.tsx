/** Three ways to see: as the system, light, dark. */
import { Monitor, Moon, Sun } from 'lucide-react'
import { useSyncExternalStore } from 'react'

import { currentTheme, setTheme, watchTheme, type Theme } from './theme'

const CHOICES: { theme: Theme; label: string; Icon: typeof Sun }[] = [
  { theme: 'system', label: 'As the system', Icon: Monitor },
  { theme: 'light', label: 'Light', Icon: Sun },
  { theme: 'dark', label: 'Dark', Icon: Moon },
]

export function ThemeToggle() {
  const theme = useSyncExternalStore(watchTheme, currentTheme)
  return (
    <div
      role="group"
      aria-label="Theme"
      className="inline-flex rounded-md border border-line bg-raised p-0.5"
    >
      {CHOICES.map(({ theme: choice, label, Icon }) => (
        <button
          key={choice}
          type="button"
          aria-label={label}
          aria-pressed={theme === choice}
          title={label}
          onClick={() => setTheme(choice)}
          className="rounded p-1 text-ink-faint hover:text-ink aria-pressed:bg-panel aria-pressed:text-ink aria-pressed:shadow-card"
        >
          <Icon size={13} aria-hidden />
        </button>
      ))}
    </div>
  )
}
