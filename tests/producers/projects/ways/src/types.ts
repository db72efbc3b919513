export interface Point { x: number; y: number }
export type Shape =
  | { kind: 'circle'; centre: Point; radius: number }
  | { kind: 'square'; corner: Point; side: number };

export enum Colour { Red = 1, Green, Blue = Red << 2 }

export abstract class Named {
  constructor(protected readonly name: string, private alias?: string) {}
  abstract area(): number;
  describe(): string {
    return this.alias ? `${this.name} (${this.alias})` : this.name;
  }
}

export function area(shape: Shape): number {
  switch (shape.kind) {
    case 'circle':
      return Math.PI * shape.radius ** 2;
    case 'square':
      return shape.side ** 2;
  }
}

export const nearest = <T extends Point>(points: readonly T[], to: Point = { x: 0, y: 0 }): T | undefined =>
  [...points].sort((a, b) => Math.hypot(a.x - to.x, a.y - to.y) - Math.hypot(b.x - to.x, b.y - to.y))[0];

export function assertNever(value: never): never {
  throw new Error(`unexpected ${value as string}`);
}
