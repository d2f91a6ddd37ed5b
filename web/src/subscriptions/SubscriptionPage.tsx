import { Page } from '../ui/Page'

export function SubscriptionPage() {
  return <Page title="Subscription">{null}</Page>
}
