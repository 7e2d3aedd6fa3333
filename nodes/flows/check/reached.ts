/** Everything that can be reached from some beginnings, themselves included, each once. @param keyOf what makes two of them the same */
export function* reached<Item>(begin: readonly Item[], next: (item: Item) => readonly Item[], keyOf: (item: Item) => unknown = (item) => item): Iterable<Item> {
  const seen = new Set<unknown>();
  const open = [...begin];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    if (seen.has(keyOf(item))) continue;
    seen.add(keyOf(item));
    yield item;
    open.push(...next(item));
  }
}
