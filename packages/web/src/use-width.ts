import { useEffect, useRef, useState } from 'preact/hooks'

/** Width of an element in CSS pixels, kept up to date; `whenUnknown` on the server and at first. */
export function useWidth<T extends Element>(whenUnknown: number) {
  const ref = useRef<T>(null)
  const [width, setWidth] = useState(whenUnknown)
  useEffect(() => {
    const element = ref.current
    if (element === null) return
    const observer = new ResizeObserver(([entry]) => {
      const now = Math.round(entry?.contentRect.width ?? 0)
      if (now > 0) setWidth(now)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return { ref, width }
}
