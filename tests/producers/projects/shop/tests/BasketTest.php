<?php

use PHPUnit\Framework\TestCase;
use Shop\Basket;
use Shop\Model\Item;

require_once __DIR__ . '/../src/rules.php';
require_once __DIR__ . '/../src/Model/Item.php';
require_once __DIR__ . '/../src/Basket.php';

final class BasketTest extends TestCase
{
    public function testTotals(): void
    {
        $basket = (new Basket())->add(new Item('pen', 2.5), 2)->add(Item::free('bag'));
        $this->assertSame(5.0, $basket->total());
        $this->assertSame(1.0, $basket->total(fn () => 1.0));
        $this->assertCount(3, $basket);
        $this->assertSame('large', $basket->size());
        $this->assertTrue($basket->drop('pen'));
        $this->assertSame('bag: free', Item::free('bag')->label());
        $this->assertSame(1.23, Shop\rounded(1.234));
    }

    public function testRefusal(): void
    {
        $this->expectException(InvalidArgumentException::class);
        (new Basket(1.0))->add(new Item('gold', 2.0));
    }
}
