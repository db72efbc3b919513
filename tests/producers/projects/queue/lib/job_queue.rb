# frozen_string_literal: true

# A queue of jobs.
class JobQueue
  class Full < StandardError; end

  include Comparable
  attr_reader :limit

  def initialize(limit: 3)
    @limit = limit
    @jobs = []
  end

  def push(job, urgent: false)
    raise Full, "limit #{limit}" if @jobs.size >= limit

    if urgent
      @jobs.unshift(job)
    else
      @jobs.push(job)
    end
    self
  end

  def run
    until @jobs.empty?
      job = @jobs.shift
      begin
        yield job.call
      rescue ZeroDivisionError => e
        warn e.message if ENV['LOUD']
      ensure
        @last = job
      end
    end
  end

  def state
    case @jobs.size
    when 0 then :empty
    when 1..2
      :some
    else
      :full
    end
  end

  def kind(word) = word ? word.to_s : 'none'

  def <=>(other) = size <=> other&.size

  def size
    @jobs&.size || 0
  end

  # :nocov:
  def debug
    p self
  end
  # :nocov:

  private

  def never
    x = 0
    x += 1 while x < 3
    x.zero? ? 1 : 2
  end
end
