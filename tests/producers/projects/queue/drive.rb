# Measures lines, or lines with arms; writes .resultset.json, .last_run.json and, by SimpleCov's own classes, said.json.
require 'json'
require 'simplecov'
# A formatter that only writes down what SimpleCov says of each file.
class Said
  def format(result)
    said = result.files.to_h do |file|
      [file.project_filename.delete_prefix('/'),
       { lines: [file.covered_lines.count, file.lines_of_code],
         branches: [file.covered_branches.count, file.total_branches.count] }]
    end
    File.write(File.join(SimpleCov.coverage_path, 'said.json'), JSON.generate(said))
  end
end

SimpleCov.start do
  root __dir__
  command_name 'drive'
  track_files 'lib/**/*.rb'
  enable_coverage :branch if ENV['ARMS']
  formatter Said
end

require_relative 'lib/job_queue'
require_relative 'lib/words'

queue = JobQueue.new
queue.push(-> { 1 }).push(-> { 1 / 0 }, urgent: true)
raise 'state' unless queue.state == :some

queue.run { |found| raise 'found' unless found == 1 }
raise 'empty' unless queue.state == :empty && queue.kind(nil) == 'none'

Words.loud('a')
raise 'number' unless Words.match(3) == 'number' && Words.match([]) == 'nothing'

Words.each_word('a b') { |word| word }
