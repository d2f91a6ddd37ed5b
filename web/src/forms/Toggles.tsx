/** The small controls right of a field's label. */
import clsx from 'clsx'
import { Braces, KeyRound } from 'lucide-react'

import { Menu, MenuItem, MenuTitle } from '../ui/Menu'
import { useSecretNames } from './useSecretNames'

const SMALL =
  'inline-flex h-5 items-center gap-1 rounded px-1 text-[11px] text-ink-faint hover:bg-raised hover:text-ink'

export function ExpressionToggle({
  label,
  pressed,
  onChange,
}: {
  label: string
  pressed: boolean
  onChange: (pressed: boolean) => void
}) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      aria-label={`Expression for ${label}`}
      title={pressed ? 'Take a fixed value' : 'Take an expression'}
      onClick={() => onChange(!pressed)}
      className={clsx(SMALL, pressed && 'bg-accent-soft text-accent')}
    >
      <Braces size={12} aria-hidden />
    </button>
  )
}

export function SecretMenu({ label, onChoose }: { label: string; onChoose: (name: string) => void }) {
  const names = useSecretNames()
  return (
    <Menu
      trigger={
        <button type="button" aria-label={`Secret for ${label}`} title="Put in a secret" className={SMALL}>
          <KeyRound size={12} aria-hidden />
        </button>
      }
    >
      <MenuTitle>{names.length > 0 ? 'Filled in when the node runs' : 'No secrets yet'}</MenuTitle>
      {names.map((name) => (
        <MenuItem key={name} onSelect={() => onChoose(name)}>
          <span className="font-mono text-xs">{name}</span>
        </MenuItem>
      ))}
      {names.length === 0 && (
        <p className="max-w-56 px-2 pb-1.5 text-xs text-ink-soft">
          Add them under Secrets: their values never stand in a workflow.
        </p>
      )}
    </Menu>
  )
}

export function ModeSelect<Mode extends string>({
  label,
  value,
  modes,
  onChange,
}: {
  label: string
  value: Mode
  modes: readonly { value: Mode; label: string }[]
  onChange: (mode: Mode) => void
}) {
  return (
    <select
      aria-label={`Type of ${label}`}
      value={value}
      onChange={(event) => {
        const chosen = modes.find((mode) => mode.value === event.target.value)
        if (chosen) onChange(chosen.value)
      }}
      className="h-5 w-16 rounded bg-transparent text-[11px] text-ink-faint hover:bg-raised hover:text-ink"
    >
      {modes.map((mode) => (
        <option key={mode.value} value={mode.value}>
          {mode.label}
        </option>
      ))}
    </select>
  )
}
