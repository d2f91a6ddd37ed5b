/** One clock in the list; opened, its coming times and its backfills. */
import { useNavigate } from '@tanstack/react-router'
import { ChevronRight, Ellipsis, History, Rewind } from 'lucide-react'
import { useId, useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useCan } from '../access/useCan'
import { switchClock, type Clock } from '../api/schedules'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Menu, MenuItem } from '../ui/Menu'
import { OwnerLink } from '../ui/OwnerLink'
import { Switch } from '../ui/Switch'
import { Cell, Row } from '../ui/Table'
import { useMutate } from '../ui/useMutate'
import { BackfillDialog } from './BackfillDialog'
import { Backfills } from './Backfills'
import { NextTimes } from './NextTimes'
import { idleReason, inZone, localZone, wordsOf, zoneOf } from './times'

interface Props {
  clock: Clock
  columns: number
}

const KEYS = [['schedules']] as const

export function ClockRow({ clock, columns }: Props) {
  const [open, setOpen] = useState(false)
  const [filling, fill] = useState(false)
  const detail = useId()
  const name = `${clock.owner.name}/${clock.id}`
  const maySwitch = useCan('schedules', 'editor')
  const change = useMutate({
    run: (active: boolean) => switchClock(clock.row, !active),
    keys: KEYS,
    done: (_, active) => `${active ? 'Resumed' : 'Paused'} ${name}`,
  })
  return (
    <>
      <Row>
        <Cell>
          <button
            type="button"
            aria-label={`Details of ${name}`}
            aria-expanded={open}
            aria-controls={detail}
            onClick={() => setOpen(!open)}
            className="flex size-6 items-center justify-center rounded text-ink-faint hover:bg-raised hover:text-ink"
          >
            <ChevronRight size={14} aria-hidden className={open ? 'rotate-90' : ''} />
          </button>
        </Cell>
        <Cell>
          <div className="flex min-w-0 flex-col">
            <OwnerLink owner={clock.owner} />
            <span className="text-xs text-ink-faint">{clock.id}</span>
          </div>
        </Cell>
        <Cell>
          <div className="flex flex-col whitespace-nowrap">
            <code className="font-mono text-xs">{wordsOf(clock.definition)}</code>
            <span className="text-xs text-ink-faint">{zoneOf(clock.definition)}</span>
          </div>
        </Cell>
        <Cell>
          <Next clock={clock} />
        </Cell>
        <Cell>
          <Switch
            hidden
            label={`${name} is active`}
            checked={!clock.paused}
            disabled={change.busy || !maySwitch}
            onChange={(active) => change.start(active)}
          />
        </Cell>
        <Cell right>
          <Actions clock={clock} name={name} onFill={() => fill(true)} />
          <BackfillDialog
            clock={clock}
            name={name}
            open={filling}
            onOpenChange={fill}
            onStarted={() => setOpen(true)}
          />
        </Cell>
      </Row>
      {open && (
        <tr id={detail}>
          <td colSpan={columns} className="bg-page px-4 py-3">
            <div className="sticky left-4 grid max-w-[calc(100vw-4rem)] gap-6 md:max-w-none md:grid-cols-2">
              <NextTimes clock={clock} />
              <Backfills clock={clock} />
            </div>
          </td>
        </tr>
      )}
    </>
  )
}

function Next({ clock }: { clock: Clock }) {
  const reason = idleReason(clock)
  const at = clock.next_at
  if (reason !== null || !at) return <span className="text-ink-faint">{reason}</span>
  const zone = zoneOf(clock.definition)
  const local = inZone(at, undefined)
  const there = inZone(at, zone)
  return (
    <div className="flex flex-col whitespace-nowrap">
      <span className="tabular-nums">
        {there ?? local} <span className="text-ink-faint">·</span> <Ago at={at} />
      </span>
      {there !== local && (
        <span className="text-xs text-ink-faint tabular-nums">
          {local} in {localZone()}
        </span>
      )}
    </div>
  )
}

function Actions({ clock, name, onFill }: { clock: Clock; name: string; onFill: () => void }) {
  const navigate = useNavigate()
  const firings = () =>
    void navigate({
      to: '/deliveries',
      search: { [clock.owner.kind]: clock.owner.name, trigger: clock.id },
    })
  return (
    <Menu
      trigger={
        <Button look="quiet" aria-label={`Actions of ${name}`} className="!px-1.5">
          <Ellipsis size={15} aria-hidden />
        </Button>
      }
    >
      <Allowed area="schedules" role="operator">
        <MenuItem Icon={Rewind} onSelect={onFill}>
          Backfill…
        </MenuItem>
      </Allowed>
      <MenuItem Icon={History} onSelect={firings}>
        What became of its times
      </MenuItem>
    </Menu>
  )
}
