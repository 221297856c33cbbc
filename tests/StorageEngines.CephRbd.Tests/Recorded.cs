using System.Text;

namespace StorageEngines.CephRbd.Tests;

/// <summary>What rbd printed; <c>Golden/rbd-16.2.15/record.sh</c> has the commands.</summary>
internal static class Recorded
{
    /// <summary>What hostile names hold.</summary>
    internal const string Hostile = "a \"b\\c\td é\n\u0001\u007f*€";

    /// <summary>The number of the pool that is called <c>rbd</c>.</summary>
    internal const long Pool = 7;

    /// <summary>All files but the script.</summary>
    internal static IEnumerable<string> Names => Directory.EnumerateFiles(Folder, "*.json").Select(Path.GetFileName)!;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden", "rbd-16.2.15");

    /// <summary>A file.</summary>
    internal static byte[] Bytes(string name) => File.ReadAllBytes(Path.Combine(Folder, name));

    /// <summary>A file as text.</summary>
    internal static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>The number of a pool as the tests have it.</summary>
    internal static long? PoolNumber(string name) => name == "rbd" ? Pool : null;
}
