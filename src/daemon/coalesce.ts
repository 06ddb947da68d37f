/**
 * Runs `step` one at a time; whoever asks while it runs is served by one further run, however many they are.
 * The promise holds until a run that began after the request has ended, and fails as that run did.
 */
export function coalesce(step: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  const begin = () => {
    next = null
    running = step()
    return running
  }
  return () => {
    next ??= running.then(begin, begin)
    return next
  }
}
