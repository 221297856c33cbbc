using System.Globalization;
using System.Text;

namespace StorageEngines.Specification;

/// <summary>The whole answer to a block map query.</summary>
/// <param name="Batches">Its batches in order.</param>
public sealed record ExtentAnswer(IReadOnlyList<ExtentBatch> Batches)
{
    /// <summary>All extents in the order they came.</summary>
    public IReadOnlyList<Extent> Extents { get; } = [.. Batches.SelectMany(batch => batch.Extents)];

    /// <summary>The target's capacity, as the first batch says it.</summary>
    public long CapacityBytes => Batches[0].CapacityBytes;

    /// <summary>Collects an answer, with law 3's demand for at least one batch.</summary>
    /// <param name="batches">The answer as it streams.</param>
    /// <returns>The whole answer.</returns>
    public static async Task<ExtentAnswer> CollectAsync(IAsyncEnumerable<ExtentBatch> batches)
    {
        ArgumentNullException.ThrowIfNull(batches);
        var collected = new List<ExtentBatch>();
        await foreach (ExtentBatch batch in batches)
        {
            collected.Add(batch);
        }

        Assert.True(collected.Count > 0, "An answer has at least one batch, so that an empty difference too says its capacity; this one has none.");
        return new ExtentAnswer(collected);
    }

    /// <summary>The extents in short, for messages.</summary>
    /// <returns>At most 40 of them as text.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (Extent extent in Extents.Take(40))
        {
            text.Append(extent).Append(' ');
        }

        return Extents.Count > 40 ? text.Append(CultureInfo.InvariantCulture, $"and {Extents.Count - 40} more").ToString() : text.ToString();
    }
}
