/** The frame of the pages that stand before the console: one card in the middle, and nothing to go to. */
import { useEffect, type ReactNode } from 'react'

import { Mark } from '../ui/Mark'
import { ThemeToggle } from '../ui/ThemeToggle'

interface Props {
  title: string
  /** What it is about, in a sentence. */
  about?: ReactNode
  children: ReactNode
}

export function Door({ title, about, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
  return (
    <div className="flex h-full flex-col overflow-y-auto">
      <main className="m-auto w-full max-w-[23rem] px-4 py-8">
        <p className="mb-5 flex items-center gap-2 px-1 font-semibold tracking-tight">
          <Mark /> Holdfast
        </p>
        <section className="rounded-xl border border-line bg-panel p-5 shadow-card">
          <h1 className="text-base font-semibold tracking-tight">{title}</h1>
          {about && <div className="mt-1 text-ink-soft">{about}</div>}
          <div className="mt-4">{children}</div>
        </section>
        <div className="mt-5 flex justify-center">
          <ThemeToggle />
        </div>
      </main>
    </div>
  )
}
