<?php

namespace Shop;

function rounded(float $value): float
{
    return $value < 0 ? 0.0 : round($value, 2);
}

function unused(array $values): array
{
    usort($values, fn ($a, $b) => $a <=> $b);

    return $values;
}
