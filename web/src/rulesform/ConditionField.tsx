/**
 * A condition, as rows or as its text. What rows can't say is text; rows that aren't finished are kept here and left out of
 * the text. A text from outside that isn't what was written replaces the rows.
 */
import { useState } from 'react'

import { ExpressionField, type ExpressionFieldProps } from '../expressions/ExpressionField'
import { LiveValue } from '../expressions/LiveValue'
import { whyUntried } from '../expressions/trying'
import { useEvaluation } from '../expressions/useEvaluation'
import { useSurroundings } from '../forms/surroundings'
import { isFinished, isGroup, readCondition, writeCondition, type Group } from './condition'
import { ConditionGroup } from './ConditionGroup'

type Props = Omit<ExpressionFieldProps, 'template' | 'quiet'>

interface Written {
  source: string
  rows: Group | null
}

const ONE_ROW: Group = { join: 'all', items: [{ left: '', operator: '==', right: '' }] }

export function ConditionField(props: Props) {
  const { value, onChange, label, extra = {} } = props
  const [written, setWritten] = useState<Written>(() => taken(value))
  const [asText, setAsText] = useState(() => written.rows === null)
  if (written.source !== value) setWritten(taken(value))
  const { rows } = written
  if (asText || !rows) {
    return (
      <div className="space-y-1">
        <ExpressionField {...props} long />
        <Switcher
          label={label}
          text="Edit as rows"
          disabled={rows === null}
          why="Rows can't say this expression"
          onClick={() => setAsText(false)}
        />
      </div>
    )
  }
  const give = (next: Group) => {
    const source = writeCondition(next)
    setWritten({ source, rows: next })
    if (source !== value) onChange(source)
  }
  return (
    <div className="space-y-1">
      <ConditionGroup group={rows} what={label} extra={extra} onChange={give} />
      {unfinished(rows) && <p className="text-xs text-ink-faint">Unfinished rows don't count yet.</p>}
      <Outcome source={value} extra={extra} hidden={(props.messages?.length ?? 0) > 0} />
      <Switcher label={label} text="Edit as text" onClick={() => setAsText(true)} />
    </div>
  )
}

function taken(source: string): Written {
  const rows = readCondition(source)
  return { source, rows: rows?.items.length === 0 ? ONE_ROW : rows }
}

function unfinished(group: Group): boolean {
  return group.items.some((item) =>
    isGroup(item) ? unfinished(item) : !isFinished(item) && item.left !== '',
  )
}

function Outcome({
  source,
  extra,
  hidden,
}: {
  source: string
  extra: NonNullable<Props['extra']>
  hidden: boolean
}) {
  const { trial } = useSurroundings()
  const { result } = useEvaluation(source, 'expression', trial, extra)
  return hidden ? null : <LiveValue result={result} otherwise={whyUntried(source, trial, extra)} />
}

function Switcher({
  label,
  text,
  disabled = false,
  why,
  onClick,
}: {
  label: string
  text: string
  disabled?: boolean
  why?: string
  onClick: () => void
}) {
  return (
    <button
      type="button"
      disabled={disabled}
      onClick={onClick}
      aria-label={`${text}: ${label}`}
      title={disabled ? why : undefined}
      className="rounded text-[11px] text-ink-faint underline-offset-2 hover:text-ink hover:underline disabled:no-underline disabled:opacity-55"
    >
      {text}
    </button>
  )
}
