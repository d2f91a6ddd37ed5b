/** Starts the console: the query cache, the router and the page. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import './app.css'
import { Problem } from './api/http'
import { router } from './router'

/** An answer of the server stands; a server that is away or stumbling is asked again. */
const retry = (count: number, error: Error) =>
  count < 2 && error instanceof Problem && (error.status === 0 || error.status >= 500)

const client = new QueryClient({ defaultOptions: { queries: { staleTime: 2_000, retry } } })

// A page that the browser kept for going back may be of somebody who has signed out since.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) window.location.reload()
})

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no #root')
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
