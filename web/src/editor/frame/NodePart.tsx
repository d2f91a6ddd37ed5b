/** The inspector's first tab: the selected node with its form, or what can be done with several. */
import {
  ArrowRightFromLine,
  ChevronRight,
  Copy,
  EllipsisVertical,
  MousePointerClick,
  StickyNote,
  Trash2,
} from 'lucide-react'
import { Suspense, lazy } from 'react'

import { NodeIcon } from '../../canvas/NodeIcon'
import { bodyOf, nodeAt } from '../../graph/edit/document'
import { holdsBody } from '../../graph/edit/kinds'
import { bypass } from '../../graph/edit/nodes'
import { rename } from '../../graph/edit/rename'
import { Button } from '../../ui/Button'
import { plural } from '../../ui/format'
import { Menu, MenuItem, MenuLine } from '../../ui/Menu'
import { Empty, Skeleton } from '../../ui/states'
import { duplicating, removing } from '../acts'
import { changed, edited, entering, selecting } from '../session'
import { useTools } from '../tools'
import { IconButton } from './IconButton'

const NodeForm = lazy(() => import('../../forms/NodeForm').then((module) => ({ default: module.NodeForm })))
const NodeTest = lazy(() => import('../testing/NodeTest').then((module) => ({ default: module.NodeTest })))

export function NodePart() {
  const { session } = useTools()
  const [id] = session.selected
  if (id === undefined) {
    return (
      <Empty title="No node is selected" Icon={MousePointerClick}>
        <p>Select a node to see and change what it does.</p>
      </Empty>
    )
  }
  if (session.selected.length > 1) return <Several />
  return <One key={[...session.path, id].join('/')} nodePath={[...session.path, id]} />
}

function One({ nodePath }: { nodePath: readonly string[] }) {
  const { editor, looks, act, kinds, onRun } = useTools()
  const to = (id: string): string | null => {
    const renamed = rename(editor.definition, nodePath, id, kinds)
    if (renamed.definition === null) return renamed.fault
    const { definition } = renamed
    act((session) => selecting([id])(changed(definition, 'Rename')(session)))
    return null
  }
  return (
    <>
      <NodeHead nodePath={nodePath} />
      <Suspense fallback={<Skeleton />}>
        <NodeForm editor={editor} nodePath={nodePath} focus={looks.focus} rename={to} />
        <NodeTest editor={editor} nodePath={nodePath} onRun={onRun} />
      </Suspense>
    </>
  )
}

function NodeHead({ nodePath }: { nodePath: readonly string[] }) {
  const { editor, act, kinds, look } = useTools()
  const node = nodeAt(editor.definition, nodePath)
  if (!node) return null
  const kind = kinds.get(node.type)
  const open = () => act(entering(nodePath))
  return (
    <div className="flex items-start gap-2.5 border-b border-line p-3">
      <span className="flex size-8 shrink-0 items-center justify-center rounded-md bg-raised text-ink-soft">
        <NodeIcon type={node.type} />
      </span>
      <div className="min-w-0 flex-1">
        <h2 className="truncate leading-5 font-semibold">{node.title ?? node.id}</h2>
        <p className="text-xs text-ink-faint">{kind ? kind.description : `unknown type ${node.type}`}</p>
        {holdsBody(node.type, kinds) && (
          <Button className="mt-2 h-7" onClick={open}>
            Open its {plural(bodyOf(node)?.nodes.length ?? 0, 'step')}
            <ChevronRight size={13} aria-hidden />
          </Button>
        )}
      </div>
      <Menu trigger={<IconButton label="Actions of the node" Icon={EllipsisVertical} />}>
        <MenuItem
          Icon={ArrowRightFromLine}
          onSelect={() => look({ asking: { what: 'connect', from: node.id } })}
        >
          Connect to…
        </MenuItem>
        <MenuItem Icon={StickyNote} onSelect={() => look({ asking: { what: 'note', node: node.id } })}>
          {node.notes ? 'Change the note' : 'Add a note'}
        </MenuItem>
        <MenuItem Icon={Copy} onSelect={() => act(duplicating(kinds))}>
          Duplicate
        </MenuItem>
        <MenuLine />
        <MenuItem
          Icon={Trash2}
          onSelect={() =>
            act(edited((now) => bypass(now, nodePath.slice(0, -1), node.id, kinds), 'Take out'))
          }
        >
          Take out, and join its neighbours
        </MenuItem>
        <MenuItem Icon={Trash2} danger onSelect={() => act(removing)}>
          Delete
        </MenuItem>
      </Menu>
    </div>
  )
}

function Several() {
  const { session, act, kinds } = useTools()
  return (
    <div className="space-y-3 p-4">
      <h2 className="font-semibold">{plural(session.selected.length, 'node')} selected</h2>
      <ul className="space-y-0.5">
        {session.selected.map((id) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => act(selecting([id]))}
              className="w-full truncate rounded-md px-1.5 py-0.5 text-left font-mono text-xs text-ink-soft hover:bg-raised hover:text-ink"
            >
              {id}
            </button>
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => act(duplicating(kinds))}>
          <Copy size={13} aria-hidden /> Duplicate
        </Button>
        <Button look="danger" onClick={() => act(removing)}>
          <Trash2 size={13} aria-hidden /> Delete
        </Button>
      </div>
    </div>
  )
}
