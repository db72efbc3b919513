<?php

namespace Shop\Model;

interface Priced
{
    public function price(): float;
}

trait Labelled
{
    public function label(): string
    {
        return $this->name . ': ' . ($this->price() ?: 'free');
    }
}

class Item implements Priced
{
    use Labelled;

    public function __construct(public readonly string $name, private float $price)
    {
    }

    public function price(): float
    {
        return $this->price;
    }

    public static function free(string $name): self
    {
        try {
            return new self($name, 0.0);
        } finally {
            $done = true;
        }
    }
}
