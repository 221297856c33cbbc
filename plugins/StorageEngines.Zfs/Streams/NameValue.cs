namespace StorageEngines.Zfs.Streams;

/// <summary>A name and its value.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">Its type; may be one that this library does not read, and then there is no value.</param>
/// <param name="Number">The value of numbers, bit by bit (a negative one is above 2^63), and 0 or 1 of yes or no.</param>
/// <param name="Text">The value of text, printed without loss.</param>
/// <param name="Lists">The lists of a list of pairs (one) and of lists of pairs.</param>
internal sealed record NameValue(string Name, NameValueKind Kind, ulong Number, string? Text, IReadOnlyList<NameValueList> Lists);
