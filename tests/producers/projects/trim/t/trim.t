use strict;
use warnings;
use Test::More tests => 6;
use Acme::Trim;
use Acme::Idle;

is Acme::Trim::trim('  a '), 'a';
is Acme::Trim::trim(' a ', left => 1), 'a ';
is Acme::Trim::pad('a', 3), 'a  ';
is Acme::Trim::pad('abcd', 3, '-'), 'abcd';
is Acme::Trim::pick(undef, 2), 2;
is scalar(Acme::Trim::words('One two')), 2;
