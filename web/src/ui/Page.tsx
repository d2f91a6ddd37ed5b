/** The frame of a page: its heading with the actions beside it, and panels below. */
import clsx from 'clsx'
import { useEffect, type ReactNode } from 'react'

interface PageProps {
  /** The document's title; the heading too unless `heading` is given. */
  title: string
  heading?: ReactNode
  actions?: ReactNode
  children: ReactNode
}

export function Page({ title, heading, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[1600px] flex-col gap-4 px-4 py-4 md:px-6 md:py-5">
      <header className="flex min-h-8 flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-[1_1_9rem]">
          {heading ?? <h1 className="text-base font-semibold tracking-tight">{title}</h1>}
        </div>
        {actions && (
          <div className="flex min-w-0 flex-wrap items-center gap-2 max-sm:grow max-sm:justify-end">
            {actions}
          </div>
        )}
      </header>
      {children}
    </div>
  )
}

interface PanelProps {
  title?: string
  aside?: ReactNode
  className?: string
  children: ReactNode
}

export function Panel({ title, aside, className, children }: PanelProps) {
  return (
    <section
      className={clsx(
        'min-w-0 overflow-hidden rounded-lg border border-line bg-panel shadow-card',
        className,
      )}
    >
      {title && (
        <div className="flex h-10 items-center justify-between gap-3 border-b border-line px-4">
          <h2 className="text-[13px] font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  )
}
