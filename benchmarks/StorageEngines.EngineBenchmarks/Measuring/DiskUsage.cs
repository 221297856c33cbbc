using System.Globalization;

namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>What files take on the disk.</summary>
internal static class DiskUsage
{
    /// <summary>Bytes of a folder or file, as <c>du</c> sees them.</summary>
    public static async Task<long> OfAsync(string folder, IEnumerable<string> names)
    {
        long sum = 0;
        foreach (string name in names.Where(name => Path.Exists(Path.Combine(folder, name))))
        {
            string output = await Shell.OutputAsync(["du", "-s", "-B1", name], folder);
            sum += long.Parse(output.Split('\t')[0], CultureInfo.InvariantCulture);
        }

        return sum;
    }
}
