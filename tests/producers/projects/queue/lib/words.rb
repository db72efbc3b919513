# frozen_string_literal: true

module Words
  module_function

  def loud(text) = text.upcase

  TABLE = {
    a: 1,
    b: 2
  }.freeze

  def match(value)
    case value
    in Integer => n if n > 5 then "large"
    in Integer | Float then 'number'
    in { name: String => name }
      name
    in [] then 'nothing'
    else
      'unknown'
    end
  end

  def each_word(text, &block)
    return enum_for(:each_word, text) unless block

    text.split.each { |word| block.call(word) unless word.empty? }
  end
end
