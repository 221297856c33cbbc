using System.Reflection;
using System.Text;

namespace StorageEngines.Hosting.Tests;

/// <summary>A plug-in directory of a test's own, filled with the assemblies of tests/TestProjects, whole or damaged.</summary>
internal sealed class TestPlugins : IDisposable
{
    private const string AnyManifest = """{ "id": "good", "version": "1.0.0", "entryAssembly": "GoodPlugin.dll", "contract": { "min": "1.0", "max": "1.0" } }""";

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("seng-test-hosting-").FullName;

    /// <summary>Where tests/TestProjects/NAME was built to.</summary>
    public static string Output(string project) => Path.Combine(Metadata("TestProjects"), project, Metadata("TestProjectOutput"));

    public static string Metadata(string key)
        => typeof(TestPlugins).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;

    /// <summary>Copies a built plug-in to a folder of the plug-in directory.</summary>
    public string Add(string project, string folder)
    {
        string target = Path.Combine(Directory, folder);
        System.IO.Directory.CreateDirectory(target);
        foreach (string file in System.IO.Directory.GetFiles(Output(project)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        return target;
    }

    /// <summary>Copies a plug-in and replaces the bytes of its entry assembly.</summary>
    public string AddWithEntry(string folder, byte[] entry)
    {
        string target = Add("GoodPlugin.One", folder);
        File.WriteAllBytes(Path.Combine(target, "GoodPlugin.dll"), entry);
        return target;
    }

    /// <summary>Copies a plug-in whose attribute names another contract. The attribute's blob is: prolog 01 00, length 03, the version.</summary>
    public string AddWithContract(string folder, string version)
    {
        byte[] entry = File.ReadAllBytes(Path.Combine(Output("GoodPlugin.One"), "GoodPlugin.dll"));
        byte[] marker = [1, 0, 3, .. "1.0"u8];
        int at = entry.AsSpan().IndexOf(marker);
        Assert.True(at > 0 && entry.AsSpan(at + 1).IndexOf(marker) < 0, "The attribute's blob is not where this test expects it.");
        Encoding.ASCII.GetBytes(version).CopyTo(entry, at + 3);
        return AddWithEntry(folder, entry);
    }

    /// <summary>Writes a <c>plugin.json</c> beside a good assembly.</summary>
    public string AddWithManifest(string folder, string manifest)
    {
        string target = Add("GoodPlugin.One", folder);
        File.WriteAllText(Path.Combine(target, "plugin.json"), manifest);
        return target;
    }

    /// <summary>A manifest with one piece of text replaced.</summary>
    public static string Manifest(string oldText, string newText)
    {
        Assert.Contains(oldText, AnyManifest);
        return AnyManifest.Replace(oldText, newText, StringComparison.Ordinal);
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
