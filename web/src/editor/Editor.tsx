/** The editor's frame: the bar above, the palette, the canvas with its drawer, and the inspector. */
import { ReactFlowProvider } from '@xyflow/react'
import { CircleAlert, PenLine, Plus } from 'lucide-react'
import { useEffect } from 'react'

import { Button } from '../ui/Button'
import { plural } from '../ui/format'
import { EditorCanvas } from './canvas/EditorCanvas'
import type { Kind } from './contract'
import { Drawer } from './frame/Drawer'
import { Inspector } from './frame/Inspector'
import { Pickers } from './frame/Pickers'
import { Resizer } from './frame/Resizer'
import { Sheet } from './frame/Sheet'
import { TopBar } from './frame/TopBar'
import { Palette } from './palette/Palette'
import { SaveDialogs } from './save/SaveDialogs'
import type { Session } from './session'
import { ToolsContext, useTools } from './tools'
import { useEditor } from './useEditor'

interface Props {
  start: Session
  kinds: readonly Kind[]
  /** A save gave the workflow this name; its address comes next. */
  onMoved: (name: string) => void
}

export function Editor({ start, kinds, onMoved }: Props) {
  const tools = useEditor(start, kinds, onMoved)
  const { title, name } = tools.editor.definition
  useEffect(() => {
    document.title = `${title || name} · Holdfast`
  }, [title, name])
  return (
    <ToolsContext value={tools}>
      <ReactFlowProvider>
        <div className="editor flex min-h-0 flex-1 flex-col">
          <h1 className="sr-only">{title || name}</h1>
          <TopBar />
          {tools.narrow ? <Narrow /> : <Wide />}
        </div>
        <Pickers />
        <SaveDialogs />
      </ReactFlowProvider>
    </ToolsContext>
  )
}

function Wide() {
  const { looks, look } = useTools()
  return (
    <div className="flex min-h-0 flex-1">
      {looks.palette && (
        <div className="w-52 shrink-0 border-r border-line bg-panel">
          <Palette onClose={() => look({ palette: false })} />
        </div>
      )}
      <Middle />
      <Resizer label="Width of the inspector" side="right" least={280} most={720} />
      <div className="w-[360px] shrink-0 bg-panel">
        <Inspector />
      </div>
    </div>
  )
}

/** The canvas, and the drawer below it or beside it. */
function Middle() {
  const { looks } = useTools()
  const { beside } = looks
  return (
    <div className={`flex min-h-0 min-w-0 flex-1 ${beside ? 'flex-row' : 'flex-col'}`}>
      <div className="relative min-h-0 min-w-0 flex-1">
        <EditorCanvas />
        {!looks.drawer && <Problems />}
      </div>
      {looks.drawer && (
        <>
          <Resizer
            key={String(beside)}
            label="Size of the drawer"
            side={beside ? 'right' : 'below'}
            least={160}
            most={beside ? 900 : 640}
          />
          <div
            key={`${beside}-drawer`}
            className="min-h-0 shrink-0"
            style={beside ? { width: 'min(46%, 560px)' } : { height: '38%' }}
          >
            <Drawer tab={looks.drawer} />
          </div>
        </>
      )}
    </div>
  )
}

/** What is wrong, in a word, while the drawer is closed. */
function Problems() {
  const { editor, look } = useTools()
  const count = editor.problems.length
  if (count === 0) return null
  return (
    <button
      type="button"
      data-tone="failure"
      onClick={() => look({ drawer: 'problems' })}
      className="absolute bottom-3 left-1/2 z-10 inline-flex h-7 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-panel px-3 text-xs font-medium text-tone shadow-card hover:bg-raised"
    >
      <CircleAlert size={13} aria-hidden />
      {plural(count, 'problem')}
    </button>
  )
}

function Narrow() {
  const { looks, look, session } = useTools()
  const close = () => look({ sheet: null })
  const [chosen] = session.selected
  return (
    <>
      <Middle />
      <div className="flex shrink-0 items-center gap-2 border-t border-line bg-panel p-2">
        <Button className="flex-1" onClick={() => look({ sheet: 'palette' })}>
          <Plus size={14} aria-hidden /> Nodes
        </Button>
        <Button className="min-w-0 flex-1" onClick={() => look({ sheet: 'inspector' })}>
          <PenLine size={14} aria-hidden />
          <span className="truncate">{chosen ?? 'Inspector'}</span>
        </Button>
      </div>
      {looks.sheet === 'palette' && (
        <Sheet title="Nodes" onClose={close}>
          <Palette onAdded={close} />
        </Sheet>
      )}
      {looks.sheet === 'inspector' && (
        <Sheet title="Inspector" onClose={close}>
          <Inspector />
        </Sheet>
      )}
    </>
  )
}
