/** What is chosen in a list and what can be done to it: floats over the list's end while anything is chosen. */
import { X } from 'lucide-react'
import type { Dispatch, ReactNode } from 'react'

import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import type { Step } from './selection'

interface Props {
  count: number
  noun: string
  all: boolean
  /** Whether everything that the filter finds can be meant: there is more than what is listed, and a filter. */
  mayMeanAll: boolean
  act: Dispatch<Step>
  children: ReactNode
}

export function SelectionBar({ count, noun, all, mayMeanAll, act, children }: Props) {
  return (
    <div
      role="region"
      aria-label="Selection"
      className="appearing sticky bottom-4 z-20 mx-auto flex max-w-full flex-wrap items-center gap-2 rounded-xl border border-line-strong bg-panel py-2 pr-2 pl-4 shadow-float"
    >
      <span role="status" className="font-medium tabular-nums">
        {all ? `Every ${noun} that matches` : `${plural(count, noun)} chosen`}
      </span>
      {mayMeanAll && !all && (
        <button
          type="button"
          onClick={() => act({ type: 'everything' })}
          className="rounded text-accent hover:underline"
        >
          Choose all that match
        </button>
      )}
      <span className="mx-1 h-5 w-px bg-line max-sm:hidden" />
      {children}
      <Button
        look="quiet"
        aria-label="Choose nothing"
        className="!px-2"
        onClick={() => act({ type: 'clear' })}
      >
        <X size={15} aria-hidden />
      </Button>
    </div>
  )
}
