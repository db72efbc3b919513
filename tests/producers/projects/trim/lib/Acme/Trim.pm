package Acme::Trim;
use strict;
use warnings;

our $VERSION = '0.1';

sub trim {
    my ($text, %how) = @_;
    return unless defined $text;
    $text =~ s/^\s+// unless $how{right};
    $text =~ s/\s+$// if !$how{left} && length $text;
    return $text;
}

sub pad {
    my ($text, $width, $with) = @_;
    $with ||= ' ';
    my $missing = $width - length $text;
    if ($missing <= 0) {
        return $text;
    } elsif ($missing > 100 or $width > 1000) {
        die "too wide";
    } else {
        return $text . $with x $missing;
    }
}

sub pick { my ($x, $y) = @_; return $x // $y // 'none' }

sub words {
    my @found = map { lc } grep { length && !/^#/ } split /\W+/, shift;
    my %seen;
    my $n = 0;
    for my $word (@found) { $n++ while ($seen{$word}++ < 0); }
    return wantarray ? @found : scalar @found;
}

sub never {
    my $self = shift;
    until ($self->{done}) { $self->{done} = 1 xor $self->{other}; }
    return $self->{a} && $self->{b} || $self->{c};
}

1;

__END__

=head1 NAME

Acme::Trim - trims

=head2 trim

Trims.
