<?php

namespace Shop;

abstract class Idle
{
    public const NAME = 'idle';

    abstract public function run(): void;

    protected function wait(int $seconds): ?int
    {
        if ($seconds > 1) {
            return null;
        } elseif ($seconds === 1) {
            return 1;
        }
        return 0;
    }
}
