<?php
declare(strict_types=1);

namespace Shop;

use InvalidArgumentException;
use Shop\Model\Item;

final class Basket implements \Countable
{
    /** @var list<Item> */
    private array $items = [];

    public function __construct(private readonly float $limit = 100.0)
    {
    }

    public function add(Item $item, int $times = 1): static
    {
        if ($times < 1 || $item->price() > $this->limit) {
            throw new InvalidArgumentException(
                'not so: ' . $times
            );
        }
        for ($i = 0; $i < $times; $i++) {
            $this->items[] = $item;
        }

        return $this;
    }

    public function total(?callable $discount = null): float
    {
        $sum = array_sum(array_map(fn (Item $item): float => $item->price(), $this->items));
        $discount ??= static function (float $sum): float {
            return $sum > 50
                ? $sum * 0.9
                : $sum;
        };

        return $discount($sum);
    }

    public function size(): string
    {
        return match (true) {
            $this->items === [] => 'empty',
            count($this->items) < 3 => 'small',
            default => 'large',
        };
    }

    public function count(): int { return count($this->items); }

    public function drop(string $name): bool
    {
        foreach ($this->items as $key => $item) {
            switch ($item->name) {
                case $name:
                    unset($this->items[$key]);
                    return true;
                case 'kept':
                    continue 2;
            }
        }

        return false;
    }

    public function never(): int
    {
        $x = 1;
        while ($x < 10) {
            $x *= 2;
        }
        return $x;
    }
}
