using System.Globalization;

namespace StorageEngines.Specification;

/// <summary>One step of a random history. What it does depends on the model it is played on; every combination of numbers means something.</summary>
/// <param name="Kind">Which operation, 0 or more.</param>
/// <param name="A">Where or what, 0 or more.</param>
/// <param name="B">How much or whereto, 0 or more.</param>
internal readonly record struct HistoryStep(int Kind, int A, int B)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"({Kind},{A},{B})");
}
