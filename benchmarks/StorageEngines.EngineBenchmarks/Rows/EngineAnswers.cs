using System.Text.Json;
using StorageEngines.EngineBenchmarks.Workloads;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Reads what the tool printed.</summary>
internal static class EngineAnswers
{
    /// <summary>The extents of <c>changes --json</c>.</summary>
    public static IReadOnlyList<Extent> Extents(string jsonLines)
    {
        var extents = new List<Extent>();
        foreach (string line in jsonLines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument batch = JsonDocument.Parse(line);
            foreach (JsonElement one in batch.RootElement.GetProperty("extents").EnumerateArray())
            {
                ExtentState state = one.GetProperty("state").GetString() == "zero" ? ExtentState.Zero : ExtentState.Data;
                extents.Add(new Extent(one.GetProperty("offset").GetInt64(), one.GetProperty("length").GetInt64(), state));
            }
        }

        return extents;
    }

    /// <summary>Compares <c>diff --json</c> of a tree with its truth; directories, whose times change with what is in them, are not looked at.</summary>
    /// <exception cref="WrongResultException">They differ.</exception>
    public static string CompareTree(string jsonLines, TreeWorkload truth)
    {
        HashSet<string> changed = [], gone = [];
        foreach (string line in jsonLines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using JsonDocument change = JsonDocument.Parse(line);
            JsonElement root = change.RootElement;
            JsonElement entry = root.GetProperty("target").ValueKind == JsonValueKind.Null ? root.GetProperty("base") : root.GetProperty("target");
            string path = root.GetProperty("path").GetString()!;
            List<string> kinds = [.. root.GetProperty("kinds").EnumerateArray().Select(k => k.GetString()!)];
            if (entry.GetProperty("type").GetString() != "file")
            {
                continue;
            }

            (kinds.Contains("removed") ? gone : changed).Add(path);
            if (kinds.Contains("renamed"))
            {
                gone.Add(root.GetProperty("oldPath").GetString()!);
            }
        }

        TruthFile.Compare("changed files", truth.Changed, changed);
        TruthFile.Compare("names that are gone", truth.Gone, gone);
        return "exact";
    }
}
