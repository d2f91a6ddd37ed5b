/** The keys of the editor, and below them those that work everywhere, as a sheet. */
import { Dialog } from '../../ui/Dialog'
import { KeyList } from '../../ui/palette/KeyList'
import { SHORTCUTS } from '../../ui/palette/shortcuts'

const GROUPS: readonly { group: string; keys: readonly [readonly string[], string][] }[] = [
  {
    group: 'Build',
    keys: [
      [['A'], 'Add a node, after the selected one'],
      [['C'], 'Connect the selected node to another, or disconnect it'],
      [['Del'], 'Delete what is selected'],
      [['Mod', 'D'], 'Duplicate'],
      [['Mod', 'C'], 'Copy'],
      [['Mod', 'X'], 'Cut'],
      [['Mod', 'V'], 'Paste, also into another workflow'],
      [['N'], 'Note on the selected node'],
      [['L'], 'Arrange the selected nodes, or all'],
      [['⇧', '←↑↓→'], 'Move the selected nodes'],
    ],
  },
  {
    group: 'Go',
    keys: [
      [['←↑↓→'], 'Go to the next node in that direction'],
      [['Enter'], 'Select the node; once more, into its form'],
      [['⇧', 'Enter'], 'Open the steps of a map or loop'],
      [['Esc'], 'Select nothing; then leave the steps'],
      [['Mod', 'A'], 'Select all'],
    ],
  },
  {
    group: 'See',
    keys: [
      [['F'], 'Show the whole graph'],
      [['+'], 'Zoom in'],
      [['−'], 'Zoom out'],
      [['0'], 'Back to 100 %'],
      [['M'], 'Minimap'],
    ],
  },
  {
    group: 'Document',
    keys: [
      [['Mod', 'S'], 'Save'],
      [['Mod', 'Z'], 'Undo'],
      [['Mod', '⇧', 'Z'], 'Redo'],
    ],
  },
]

const ALL = [
  ...GROUPS.map(({ group, keys }) => ({ group, shortcuts: keys.map(([keys, does]) => ({ keys, does })) })),
  ...SHORTCUTS,
]

export function EditorKeys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Keys of the editor"
      description="They work while the canvas has the focus; those of the document everywhere."
    >
      <div className="columns-1 gap-8 overflow-y-auto p-4 sm:columns-2">
        {ALL.map(({ group, shortcuts }) => (
          <KeyList key={group} group={group} shortcuts={shortcuts} className="mb-4 break-inside-avoid" />
        ))}
      </div>
    </Dialog>
  )
}
