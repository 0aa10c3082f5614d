// Each of these runs inside the page, so it can use nothing from outside itself.

/** Runs in the page: lines, borders of services and marks whose contrast with the page is below 3. */
export function faintMarks(): string[] {
  const channel = (value: number): number =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  const light = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => channel(Number(part) / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = light(getComputedStyle(document.body).backgroundColor)
  const found: string[] = []
  for (const mark of document.querySelectorAll('.line, .node rect, .edge path, .mark, .ladder .bar')) {
    const style = getComputedStyle(mark)
    const colour = style.stroke.startsWith('rgb') ? style.stroke : style.fill
    const one = light(colour)
    const ratio = (Math.max(one, ground) + 0.05) / (Math.min(one, ground) + 0.05)
    if (ratio < 3) found.push(`${mark.getAttribute('class') ?? mark.tagName} ${colour} ${ratio.toFixed(2)}`)
  }
  return found
}

/** Runs in the page: texts whose contrast with the page is below 4.5. */
export function poorContrast(): string[] {
  const channel = (value: number): number =>
    value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  const light = (colour: string): number => {
    const [r = 0, g = 0, b = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => channel(Number(part) / 255))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const ground = (element: Element | null): string => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      if (colour.startsWith('rgb(')) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const found: string[] = []
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === 3 && (node.textContent ?? '').trim() !== '',
    )
    if (!own || element.closest('template, script, .sr, .skip, title') !== null) continue
    const style = getComputedStyle(element)
    const colour = element instanceof SVGElement ? style.fill : style.color
    if (!colour.startsWith('rgb(')) continue
    const [one, two] = [light(colour), light(ground(element))]
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
    if (ratio < 4.5)
      found.push(`${element.tagName} ${element.textContent?.trim().slice(0, 40)} ${ratio.toFixed(2)}`)
  }
  return found
}
