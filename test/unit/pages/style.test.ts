import assert from 'node:assert/strict'
import test from 'node:test'
import { stylesheet } from '../../../src/pages/style.ts'

const [light, dark] = [...stylesheet.content.matchAll(/:root \{([^}]*)\}/g)].map(([, block = '']) =>
  Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name, colour])),
)

/** Pairs of colours that stand on each other, and the contrast that WCAG 2.2 asks of them. */
const PAIRS: readonly [string, string, number][] = [
  ['text', 'ground', 4.5],
  ['text', 'surface', 4.5],
  ['text', 'sunken', 4.5],
  ['text', 'info', 4.5],
  ['muted', 'ground', 4.5],
  ['muted', 'surface', 4.5],
  ['muted', 'sunken', 4.5],
  ['muted', 'info', 4.5],
  ['accent', 'ground', 4.5],
  ['accent', 'surface', 4.5],
  ['accent-strong', 'surface', 4.5],
  ['accent', 'info', 3],
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-strong', 4.5],
  ['error', 'error-ground', 4.5],
  ['error', 'surface', 3],
  ['edge', 'ground', 3],
  ['edge', 'surface', 3],
]

for (const [look, colours] of Object.entries({ light, dark }))
  test(`the colours of the ${look} pages have the contrast that they need`, () => {
    for (const [front, back, least] of PAIRS) {
      const ratio = contrast(colours?.[front], colours?.[back])
      assert.ok(ratio >= least, `${front} on ${back}: ${ratio.toFixed(2)} < ${least}`)
    }
  })

test('the name of the style sheet changes with its content', () => {
  assert.match(stylesheet.path, /^\/ui\/ostiary\.[0-9a-f]{16}\.css$/)
  assert.ok(stylesheet.content.includes('prefers-reduced-motion'))
})

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(a: string | undefined, b: string | undefined): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string | undefined): number {
  assert.ok(colour, 'the colour is defined')
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
