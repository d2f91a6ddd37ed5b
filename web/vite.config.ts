/**
 * How the console is built, tried and tested.
 *
 * The build goes into the Python package, so that the server can serve it under `/app` and the wheel carries it.
 * Nothing is inlined as a `data:` address: the server's content security policy allows its own origin only.
 * In development, `HOLDFAST_URL` names the running server that answers the API calls.
 */
import { readFileSync } from 'node:fs'

import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const server = process.env['HOLDFAST_URL'] ?? 'http://127.0.0.1:8000'

/** The fonts' licences go with the fonts: they come in through CSS, where the bundler's own licence list doesn't look. */
function fontLicences(...packages: string[]): Plugin {
  return {
    name: 'font-licences',
    apply: 'build',
    generateBundle() {
      const texts = packages.map((name) => readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim())
      this.emitFile({
        type: 'asset',
        fileName: 'licenses-fonts.txt',
        source: `${texts.join('\n\n---\n\n')}\n`,
      })
    },
  }
}

export default defineConfig({
  base: '/app/',
  plugins: [
    react(),
    tailwindcss(),
    fontLicences('@fontsource-variable/inter', '@fontsource-variable/jetbrains-mono'),
  ],
  build: {
    outDir: '../src/holdfast/console',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    license: { fileName: 'licenses.md' },
    target: 'es2022',
    // Browsers that know light-dark(), on which both themes rest.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': server, '/health': server, '/docs': server },
  },
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
})
