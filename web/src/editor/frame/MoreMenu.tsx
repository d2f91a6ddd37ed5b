/** The rest: what else belongs to this workflow, and the views of the editor. */
import { useNavigate } from '@tanstack/react-router'
import {
  CodeXml,
  EllipsisVertical,
  FlaskConical,
  GitCompare,
  History,
  Keyboard,
  Map as MapIcon,
  Network,
} from 'lucide-react'

import { Menu, MenuItem, MenuLine } from '../../ui/Menu'
import { arranging } from '../acts'
import { useTools } from '../tools'
import { IconButton } from './IconButton'

export function MoreMenu() {
  const { look, looks, act, kinds, session } = useTools()
  const navigate = useNavigate()
  const name = session.saved?.name
  return (
    <Menu trigger={<IconButton label="More" Icon={EllipsisVertical} />}>
      <MenuItem Icon={CodeXml} onSelect={() => look({ drawer: looks.drawer === 'yaml' ? null : 'yaml' })}>
        YAML
      </MenuItem>
      <MenuItem Icon={FlaskConical} onSelect={() => look({ drawer: 'test' })}>
        Test
      </MenuItem>
      <MenuItem Icon={Network} onSelect={() => act(arranging(kinds))}>
        Arrange
      </MenuItem>
      <MenuItem Icon={MapIcon} onSelect={() => look({ minimap: !looks.minimap })}>
        {looks.minimap ? 'Hide the minimap' : 'Show the minimap'}
      </MenuItem>
      <MenuItem Icon={Keyboard} onSelect={() => look({ asking: { what: 'keys' } })}>
        Keys of the editor
      </MenuItem>
      {name !== undefined && (
        <>
          <MenuLine />
          <MenuItem
            Icon={GitCompare}
            onSelect={() => void navigate({ to: '/workflows/$name/versions', params: { name } })}
          >
            Versions
          </MenuItem>
          <MenuItem
            Icon={History}
            onSelect={() => void navigate({ to: '/runs', search: { workflow: name, state: undefined } })}
          >
            Runs
          </MenuItem>
        </>
      )}
    </Menu>
  )
}
