using StorageEngines.Cli.Output;

namespace StorageEngines.Cli.Demo;

/// <summary>The demo's figures.</summary>
internal sealed record DemoReport
{
    /// <summary>The directory that the demo was about.</summary>
    internal required string Source { get; init; }

    /// <summary>Entries of the volume: files, directories, links.</summary>
    internal required long Files { get; init; }

    /// <summary>Bytes of content in the volume.</summary>
    internal required long VolumeBytes { get; init; }

    /// <summary>Bytes read for the first snapshot.</summary>
    internal required long FirstReadBytes { get; init; }

    /// <summary>Paths that the difference names.</summary>
    internal required long ChangedPaths { get; init; }

    /// <summary>Bytes in the changed extents.</summary>
    internal required long ChangedBytes { get; init; }

    /// <summary>Files read for the second snapshot.</summary>
    internal required long SecondReadFiles { get; init; }

    /// <summary>Bytes read for the second snapshot.</summary>
    internal required long SecondReadBytes { get; init; }

    /// <summary>Bytes of content in the files that changed: the most that the second snapshot may read.</summary>
    internal required long ChangedFileBytes { get; init; }

    /// <summary>Bytes of the exported differential.</summary>
    internal required long DifferentialBytes { get; init; }

    /// <summary>Bytes compared between the result and the live directory.</summary>
    internal required long ComparedBytes { get; init; }

    /// <summary>The first difference found, or null.</summary>
    internal required string? Difference { get; init; }

    internal bool Identical => Difference is null;

    internal void Print(CliOutput output)
    {
        if (output.IsJson)
        {
            Json(output);
            return;
        }

        output.Line();
        output.Table(["", "VALUE "], [
            ["entries in the volume", Sizes.Count(Files)],
            ["bytes in the volume", Sizes.Exact(VolumeBytes)],
            ["paths changed", Sizes.Count(ChangedPaths)],
            ["bytes changed", Sizes.Exact(ChangedBytes)],
            ["bytes read for the first snapshot", Sizes.Exact(FirstReadBytes)],
            ["bytes read for the second snapshot", Sizes.Exact(SecondReadBytes)],
            ["files read for the second snapshot", Sizes.Count(SecondReadFiles)],
            ["bytes in the differential", Sizes.Exact(DifferentialBytes)],
        ]);
        output.Line(SecondReadBytes <= ChangedFileBytes
            ? $"For the unchanged part nothing was read: the files that changed hold {Sizes.Exact(ChangedFileBytes)}."
            : $"The second snapshot read more than the {Sizes.Exact(ChangedFileBytes)} that the changed files hold.");
        output.Line(Identical ? "verified: identical" : $"verified: DIFFERS: {Difference}");
    }

    private void Json(CliOutput output) => output.Document(json =>
    {
        json.WriteStartObject();
        json.WriteString("source", Source);
        json.WriteNumber("entries", Files);
        json.WriteNumber("volumeBytes", VolumeBytes);
        json.WriteNumber("changedPaths", ChangedPaths);
        json.WriteNumber("changedBytes", ChangedBytes);
        json.WriteNumber("changedFileBytes", ChangedFileBytes);
        json.WriteNumber("firstSnapshotReadBytes", FirstReadBytes);
        json.WriteNumber("secondSnapshotReadBytes", SecondReadBytes);
        json.WriteNumber("secondSnapshotReadFiles", SecondReadFiles);
        json.WriteNumber("differentialBytes", DifferentialBytes);
        json.WriteNumber("comparedBytes", ComparedBytes);
        json.WriteBoolean("identical", Identical);
        json.WriteString("firstDifference", Difference);
        output.Warnings(json);
        json.WriteEndObject();
    });
}
