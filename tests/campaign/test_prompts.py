from os.path import commonprefix


def test_all_prompts_of_a_campaign_begin_with_the_whole_task(prompted):
    prompts = [call.prompt.messages for call in prompted.archive.calls()]
    assert len(prompts) > 10
    assert len({messages[0].content for messages in prompts}) == 1
    shared = commonprefix([messages[1].content for messages in prompts])  # noqa: RUF071 - characters it is
    task, _, trial = shared.partition("# The program to change")
    assert "# What a program must keep to" in task
    assert trial.startswith(": trial ")
