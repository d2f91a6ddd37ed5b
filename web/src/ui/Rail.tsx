/** The navigation where a page needs the width itself (the editor): the same places as icons, their names on hover and focus. */
import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { Fragment } from 'react'

import { useAbilities } from '../access/useCan'
import { Mark } from './Mark'
import { placesFor } from './Navigation'
import { Tooltip } from './Tooltip'

const LOOK = 'flex size-8 items-center justify-center rounded-md text-ink-soft hover:bg-raised hover:text-ink'

export function Rail({ onFind }: { onFind: () => void }) {
  const can = useAbilities()
  return (
    <header className="hidden w-12 shrink-0 flex-col items-center gap-1 border-r border-line bg-panel py-2.5 md:flex">
      <Link to="/" aria-label="Holdfast" className="mb-1 rounded-md p-1">
        <Mark />
      </Link>
      <Tooltip text="Find…">
        <button type="button" aria-label="Find" onClick={onFind} className={LOOK}>
          <Search size={15} aria-hidden />
        </button>
      </Tooltip>
      <nav aria-label="Main" className="flex min-h-0 flex-1 flex-col items-center gap-0.5 overflow-y-auto">
        {placesFor(can).map(({ group, places }) => (
          <Fragment key={group}>
            <span aria-hidden className="my-1.5 h-px w-5 shrink-0 bg-line" />
            {places.map(({ to, label, Icon }) => (
              <Tooltip key={to} text={label}>
                <Link
                  to={to}
                  aria-label={label}
                  className={LOOK}
                  activeProps={{ className: '!text-ink bg-raised' }}
                  activeOptions={{ exact: to === '/', includeSearch: false }}
                >
                  <Icon size={15} aria-hidden />
                </Link>
              </Tooltip>
            ))}
          </Fragment>
        ))}
      </nav>
    </header>
  )
}
