import { expect, test } from 'vitest'
import { isGoRequestUri } from './go-url.ts'

test('isGoRequestUri() takes what Go takes', () => {
  for (const url of [
    'http://a',
    'http://a:80/b?%zz',
    '/a',
    '*',
    'http:a',
    'http://[::1]:80',
    'http://u:p@a',
    'http://%C3%A9',
  ])
    expect([url, isGoRequestUri(url)]).toEqual([url, true])
})

test('isGoRequestUri() refuses what Go refuses', () => {
  for (const url of [
    '',
    'a',
    ':a',
    'http://a b',
    'http://50%',
    '/a%zz',
    'http://a:b',
    'http://%20a',
    'http://[1.2.3.4]',
    'http://a[::1]',
    'a\tb',
  ])
    expect([url, isGoRequestUri(url)]).toEqual([url, false])
})
